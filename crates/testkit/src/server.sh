# Runs "$@" until it ends by itself or standard input is closed. The test holds the other end of
# standard input, so that whatever becomes of the test, kill -9 too, nothing is left behind.
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _; kill -9 "$server"; } <&3 3<&- &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit "$status"
