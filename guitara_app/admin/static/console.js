// What the library's templates do in attributes, which our content security policy does not run.
document.addEventListener("click", (event) => {
  if (event.target.closest('[data-guitara="columns"]')) applyColumnVisibility();
});
document.addEventListener("change", (event) => {
  if (event.target.matches('[data-guitara="go"]')) window.location.assign(event.target.value);
});
