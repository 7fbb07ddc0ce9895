@echo off
rem PostgreSQL and Valkey come as programs for Linux and macOS, so on Windows everything runs inside WSL.
where wsl >nul 2>nul
if errorlevel 1 (
  echo Guitara needs the Windows Subsystem for Linux. Run "wsl --install" as administrator, restart, and try again.
  exit /b 1
)
wsl --cd "%~dp0." python3 ./guitara %*
