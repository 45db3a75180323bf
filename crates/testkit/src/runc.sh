#!/bin/sh
# runc where nobody is root but in a user namespace: containers share the host's network, and
# sysfs may only be mounted by the owner of a network, so the host's is shown instead; and there
# is no cgroup whose shares could be set.
bundle= previous=
for argument; do
    [ "$previous" = --bundle ] && bundle=$argument
    previous=$argument
done
[ -z "$bundle" ] || sed -i \
    -e 's|"type":"sysfs","source":"sysfs","options":\[|"type":"none","source":"/sys","options":["rbind",|' \
    -e 's|,"cpu":{"shares":[0-9]*}||' "$bundle/config.json" || exit
exec runc "$@"
