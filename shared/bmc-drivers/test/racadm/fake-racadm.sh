#!/bin/sh
# Dell's program as its users describe it: asks for user and password at its standard input, and ends with 0 whatever happened.
echo "$@" >>"$0.arguments"
env >>"$0.environment"
printf 'UserName: '
read -r user
printf 'Password: '
read -r password
printf '\n'
echo "Security Alert: Certificate is invalid - self signed certificate"
echo "Continuing execution. Use -S option for racadm to stop execution on certificate-related errors."
[ "$user:$password" = 'root:calvin $x' ] || { echo "ERROR: Login failed - invalid username or password"; exit 0; }
mode=$(cat "$0.mode" 2>/dev/null)
case $mode in
  hang) trap '' TERM; sleep 60 & echo $! >>"$0.children"; wait; wait ;;
  loud) yes | head -c 2000000; exit 0 ;;
  killed) kill -9 $$ ;;
  failing) exit 3 ;;
esac
case "$*" in
  *powerstatus) echo "Server power status: ON" ;;
  *) echo "ERROR: Invalid subcommand specified." ;;
esac
exit 0
