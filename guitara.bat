@echo off
rem What needs the servers that come with Guitara (up, test, bench, loadtest) says that it cannot be done here.
setlocal
set PYTHONUTF8=1
set "PYTHON=py -3"
where py >nul 2>nul || set "PYTHON=python"
%PYTHON% --version >nul 2>nul || (
  echo Guitara needs Python 3.11 or newer: install it from python.org and run guitara.bat again.
  exit /b 1
)
%PYTHON% "%~dp0guitara" %*
exit /b %errorlevel%
