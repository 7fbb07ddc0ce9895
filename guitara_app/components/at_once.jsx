// What a page asks of the server leaves when the page is put together. React lets such things wait until the browser has laid it out and painted
// it, which for the board takes as long as the server takes to answer.
import { useLayoutEffect, useReducer, useRef } from "react";
import { flushSync } from "react-dom";
import { useLocation } from "react-router";

export function AtOnce({ children }) {
  const location = useLocation();
  const [, lookAgain] = useReducer((times) => times + 1, 0);
  const opened = useRef(false);
  useLayoutEffect(() => {
    // Any update that must not wait makes React first carry out what still does.
    if (opened.current) queueMicrotask(() => flushSync(lookAgain));
    opened.current = true;
  }, [location]);
  return children;
}
