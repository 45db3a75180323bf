# Becomes "$@" in a session of its own, after it has written into the file "$1" which process that
# is: its boot, its id, and the tick at which it started (proc_pid_stat(5), field 22). A lock comes
# in as standard input and is held until then: whoever has it sees no server without such a file.
# What else the starter's own starter left open is closed, or it would stay open as long as "$@".
record=$1
shift
field() { shift 21 && echo "$1"; }
read -r boot </proc/sys/kernel/random/boot_id && read -r stat </proc/self/stat || exit
echo "$boot $$ $(field $stat)" >"$record" || exit
exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
exec setsid "$@" </dev/null
