#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# launch.sh BUILD: launches real programs under blobs made by mkblob, without the compiler, and looks at what came of
# it: exit codes, messages, what the payload sees, and that nothing stays behind.  For tests/run.
# Needs root and a static busybox; what else is missing is a skip with its reason.
# shellcheck disable=SC2086,SC2016 # words of a policy are split on purpose; $(name) is a parameter of the policy
set -u
RUN=$(readlink -f "$1/ringfence-run")
MKBLOB=$(readlink -f "$1/mkblob")
if [ "$(id -u)" != 0 ]; then echo "skip launch: needs root"; exit 0; fi
BUSYBOX=$(command -v busybox) || { echo "skip launch: needs busybox-static"; exit 0; }
if file -L "$BUSYBOX" | grep -q dynamically; then echo "skip launch: needs a static busybox"; exit 0; fi

W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
chmod 755 "$W"
cd "$W" || exit 1
cp "$RUN" run # ordinary users must reach it
mkdir -p root/{bin,proc,sys,dev,tmp,etc,data,run} src/{deep,other}
cp "$BUSYBOX" root/bin/busybox
for a in sh ls cat id mount ps hostname sleep ip true kill env grep dd setsid tr; do ln -s busybox root/bin/$a; done
echo secret >root/etc/shadow
ln -s /etc src/link
printf '#!/proc/self/exe\n' >root/bin/shebang-self
printf '#!/bin/shebang-self\n' >root/bin/shebang-twice
printf '#!/not/there\n' >root/bin/shebang-missing
printf '#!/bin/sh\necho script "$1"\n' >root/bin/script
echo garbage >root/bin/garbage
ln -s /proc/self/exe root/bin/self
chmod 755 root/bin/*
echo text >root/etc/motd

n=0 bad=0
code=0 out=
report() { # RESULT NAME
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $2"; return; fi
    bad=$((bad + 1))
    echo "not ok $2: exit $code, $(wc -l <<<"$out") lines of output"
    while read -r line; do echo "#   $line"; done <<<"$out"
}
skip() { n=$((n + 1)); echo "skip $1: $2"; }
run() { out=$("$@" 2>&1 </dev/null); code=$?; }
# want NAME CODE PATTERN COMMAND...: the exit code, and a line of the output that matches (grep -E)
want() {
    local name=$1 expected=$2 pattern=$3
    shift 3
    run "$@"
    [ "$code" = "$expected" ] && grep -qE -- "$pattern" <<<"$out"
    report $? "$name"
}
# deny NAME PATTERN: the last output has no such line
deny() { ! grep -qE -- "$2" <<<"$out"; report $? "$1"; }
blob() { "$MKBLOB" "$@" || echo "# (meant to be refused: $1)"; }
user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }
# Not those of a tests/enforce/run beside us.
leaves() { find /sys/fs/cgroup -maxdepth 6 -type d -name 'ringfence.[0-9]*' ! -path '*/ringfence-tests.*' 2>/dev/null | sort; }
mounts() { sort /proc/self/mountinfo; }
leaves_before=$(leaves)
mounts_before=$(mounts)

NS=ns=mnt,pid,uts,ipc,net,cgroup
FILTER=filter=165:1,169:0 # mount(2): EPERM, reboot(2): killed; on x86_64
[ "$(uname -m)" = x86_64 ] || FILTER=filter=40:1,142:0
ROOT="root=$W/root proc=full dev=null:1:3:0666 dev=zero:1:5:0666 tmpfs=/tmp:1048576:01777:0:0 mask=/etc/shadow mask=/proc/kcore"
WHO="uid=33 gid=33 env=PATH=/bin"
BASE="$NS $ROOT mask=/proc/keys ro=/proc/sys hostname=box $WHO init=reaper $FILTER"

# --- the payload's view
blob base.fence $BASE
want "identity" 0 '^uid=33 gid=33$' ./run base.fence -- id
run ./run base.fence -- sh -c 'mount; cat /proc/self/status; hostname; cat /etc/shadow; ip addr; env; ls /proc/self/fd; ls /dev'
for p in ' on / type .*\(ro,nosuid,nodev' '^none on /proc type proc \(rw,nosuid,nodev,noexec' '^none on /proc/sys type proc \(ro,' \
    'on /etc/shadow type tmpfs \(ro,' ' on /dev type tmpfs \(ro,nosuid' ' on /tmp type tmpfs \(rw,nosuid,nodev'; do
    grep -qE -- "$p" <<<"$out"; report $? "mount: $p"
done
for p in 'CapPrm:.0+$' 'CapEff:.0+$' 'CapBnd:.0+$' 'CapAmb:.0+$' 'CapInh:.0+$' 'NoNewPrivs:.1' 'Seccomp:.2' 'SigIgn:.0+$' 'SigBlk:.0+$'; do
    grep -qE -- "$p" <<<"$out"; report $? "status: $p"
done
deny "a mask hides the file" secret
grep -qx box <<<"$out"; report $? "hostname"
grep -q 'LOOPBACK,UP' <<<"$out"; report $? "loopback is up"
want "masked directory of the image's own tmpfs cannot be written" 1 'Read-only' ./run base.fence -- sh -c 'echo x >/etc/motd'
run env SECRET=x LD_PRELOAD= ./run base.fence -- env
deny "the launcher's environment stays out" 'SECRET|LD_PRELOAD'
run ./run base.fence -- sh -c 'tr "\0" " " </proc/1/cmdline'
deny "pid 1 has forgotten the launcher's arguments" 'base.fence'
run bash -c 'for i in $(seq 10 200); do eval "exec $i</"; done; exec ./run base.fence -- sh -c "ls /proc/self/fd"'
[ "$(tr '\n' ' ' <<<"$out")" = "0 1 2 3 " ]; report $? "none of 191 inherited descriptors"
for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&- 2>&-'; do
    code=0
    bash -c "./run base.fence -- true $closed" || code=$?
    out= ; report $code "starts with closed: $closed"
done
run bash -c "trap '' HUP INT TERM CHLD PIPE USR1; ./run base.fence -- grep SigIgn /proc/self/status"
grep -q 'SigIgn:.0*$' <<<"$out"; report $? "ignored signals are back to default"
blob caps.fence $NS $ROOT $WHO caps=0x401 filter=none
run ./run caps.fence -- grep Cap /proc/self/status
[ "$(grep -c 0000000000000401 <<<"$out")" = 5 ]; report $? "uid 33 with two capabilities: all five sets"
blob root.fence $NS $ROOT uid=0 gid=0 env=PATH=/bin caps=0xc0 group=4 group=7 filter=allow
run ./run root.fence -- grep -E 'Cap(Prm|Eff|Bnd)|Groups' /proc/self/status
[ "$(grep -c 00000000000000c0 <<<"$out")" = 3 ] && grep -q 'Groups:.4 7' <<<"$out"; report $? "uid 0 is limited by the bounding set"
want "a capability that the launcher lacks" 125 'CAP_SETUID, which the launcher itself lacks' \
    capsh --drop=cap_setuid -- -c './run root.fence true'
blob rl.fence $NS $ROOT $WHO filter=allow rlimit=4:0:0 rlimit=7:64:128 umask=027 oom=500
want "rlimits, umask, oom score" 0 '^64 128 0027 500$' ./run rl.fence -- sh -c 'echo $(ulimit -n) $(ulimit -Hn) $(umask) $(cat /proc/self/oom_score_adj)'
blob time.fence $NS,time time=100000:5 $ROOT $WHO init=reaper filter=allow
want "time namespace" 0 '^[0-9]{6}\.' ./run time.fence cat /proc/uptime

# --- programs
want "not found" 127 'ENOENT' ./run base.fence -- nothere
want "not executable" 126 'EACCES' ./run base.fence -- /etc/motd
want "a directory" 126 'EISDIR' ./run base.fence -- /bin
want "no format" 126 'ENOEXEC' ./run base.fence -- garbage
want "/proc/self/exe" 126 'ELOOP' ./run base.fence -- /proc/self/exe
want "a link to /proc/self/exe" 126 'ELOOP' ./run base.fence -- self
want "#!/proc/self/exe" 126 'interpreter /proc/self/exe' ./run base.fence -- shebang-self
want "a script of such a script" 126 'interpreter /proc/self/exe' ./run base.fence -- shebang-twice
want "missing interpreter" 127 'interpreter /not/there' ./run base.fence -- shebang-missing
want "script" 0 '^script x$' ./run base.fence -- script x
want "exit code" 7 '' ./run base.fence -- sh -c 'exit 7'
want "killed" 137 '' ./run base.fence -- sh -c 'kill -9 $$'
blob args.fence $BASE arg=/bin/sh arg=-c 'arg=echo from policy'
want "args of the policy" 0 '^from policy$' ./run args.fence
want "args and a program" 125 'names its program itself' ./run args.fence true
want "no program" 125 'no program' ./run base.fence
blob env.fence $BASE pass=TZ pass=LANG:optional
want "a variable to pass that is not set" 125 'TZ: not set' env -u TZ ./run env.fence env
want "passed variables" 0 '^TZ=UTC$' env TZ=UTC ./run env.fence env

# --- what a filter refuses the program
MAY="$NS $ROOT uid=0 gid=0 env=PATH=/bin caps=0x200000"
blob may.fence $MAY filter=allow
want "a call that is allowed" 0 '' ./run may.fence -- mount -t tmpfs none /run
want "a call that would be killed is made" 1 'not permitted' ./run may.fence -- busybox reboot -f
blob maynot.fence $MAY $FILTER
want "a call that gets an errno" 1 'denied|permitted' ./run maynot.fence -- mount -t tmpfs none /run
want "a call that is killed" 159 '' ./run maynot.fence -- busybox reboot -f

# --- what a filter may refuse the enforcer itself
NOEXIT=filter=231:1
[ "$(uname -m)" = x86_64 ] || NOEXIT=filter=94:1
EXECVE=59 EXIT_GROUP=231
[ "$(uname -m)" = x86_64 ] || EXECVE=221 EXIT_GROUP=94
for answer in $EXECVE:1 $EXECVE:0 $EXECVE:notify $EXIT_GROUP:notify; do
    NOTIFY=
    if [ "${answer#*:}" = notify ]; then NOTIFY=notify=$W/nobody.sock; fi
    blob nostart.fence $NS $ROOT $WHO filter=$answer $NOTIFY 2>/dev/null
    want "a filter with $answer, under which nothing can start" 125 '^ringfence-run: load: .*contradict' \
        timeout -s KILL 10 ./run nostart.fence -- true
done
for init in none reaper; do
    blob noexit.fence $NS $ROOT $WHO init=$init $NOEXIT
    want "init $init: execve fails and exit_group is refused" 126 'ENOEXEC' timeout -s KILL 10 ./run noexit.fence -- garbage
    want "init $init: --check where exit_group is refused" 0 '' timeout -s KILL 10 ./run --check noexit.fence -- true
done
blob reaper.fence $NS $ROOT uid=0 gid=0 env=PATH=/bin init=reaper $FILTER
run ./run reaper.fence -- grep -E '^(CapPrm|CapEff|Seccomp|NoNewPrivs):' /proc/1/status
[ "$(tr -d '\t' <<<"$out" | tr '\n' ' ')" = "CapPrm:0000000000000020 CapEff:0000000000000020 NoNewPrivs:1 Seccomp:2 " ]
report $? "the reaper has CAP_KILL alone, and a filter of its own"

# --- groups that the launcher's user namespace cannot name
blob nogroup.fence ns=mnt,pid,user map=0:0:100000:65536 map=1:0:100000:65536 $ROOT $WHO group=65534 filter=allow
setpriv --groups 0 ./run nogroup.fence -- sleep 77.6 &
launcher=$!
for _ in $(seq 100); do
    payload=$(pgrep -P $launcher -fx 'sleep 77.6') && break
    sleep 0.05
done
out=$(grep Groups "/proc/$payload/status"); code=0
grep -qE 'Groups:.165534 ?$' <<<"$out"; report $? "group 0 of the launcher is not taken for the policy's 65534"
kill $launcher
wait $launcher

# --- the root itself as a target
mkdir -p top && cp -a root/. top && ln -s / top/slash
TOP="$NS root=$W/top:rw proc=full $WHO filter=allow"
for item in ro=/ mask=/ ro=/slash mask=/slash "bind=$W/src:/slash" tmpfs=/slash:4096:0755:0:0; do
    blob top.fence $TOP "$item"
    want "over the root: $item" 125 'is the root itself' ./run top.fence -- true
done


# --- a launcher in a chroot: what lies above it must not stay in the payload's mount namespace
blob jail.fence $NS $ROOT uid=0 gid=0 env=PATH=/bin caps=0x40000 filter=allow
cat >jail.sh <<'END'
mount --make-rprivate / && mkdir jail && mount --rbind / jail || exit 1
exec chroot jail "$PWD/run" "$PWD/jail.fence" -- busybox unshare -U true
END
# The kernel makes no user namespace for a process that is in a chroot of its mount namespace.
want "from a chroot: the payload's root is that of its mount namespace" 0 '' unshare -m bash jail.sh

# --- the blob and its parameters
want "no file" 125 'load: cannot open nothere: ENOENT' ./run nothere true
cp base.fence loose.fence; chmod 666 loose.fence
want "writable by others" 125 'chmod go-w' ./run loose.fence true
cp base.fence foreign.fence; chown 1000 foreign.fence
want "of another user" 125 'belongs to uid 1000' ./run foreign.fence true
printf 'ringfence: 1\n' >yaml.fence
want "YAML" 125 'compile it first' ./run yaml.fence true
head -c 200 base.fence >cut.fence
want "cut off" 125 'truncated' ./run cut.fence true
want "a magic link" 125 'ELOOP' bash -c './run /proc/self/fd/0 true <base.fence'
blob par.fence param=name:name:::8 param=data:path:$W/src $NS "root=$W/\$(name)" 'bind=$(data):/data' proc=full $WHO init=reaper \
    filter=allow 'hostname=h-$(name)' line=7:0:12 line=2:1:5
P="--param name=root --param"
want "parameters" 0 '^h-root$' ./run par.fence $P data="$W/src/deep" hostname
want "a missing one" 125 'given: nothing \[test.ringfence.yaml:5\]' ./run par.fence --param name=root true
want "an undeclared one" 125 'declares no such' ./run par.fence $P data="$W/src" --param x=y true
want "outside of its directory" 125 'within .*given: /etc ' ./run par.fence $P data=/etc true
want "with .." 125 "without '\.' and '\.\.'.*given: " ./run par.fence $P data="$W/src/../root" true
want "through a symlink" 125 'ELOOP.*\[test.ringfence.yaml:12\]' ./run par.fence $P data="$W/src/link" true
want "not a name" 125 'needs a name.*given: ro/xx' ./run par.fence --param name=ro/xx --param data="$W/src" true
blob proc.fence $BASE limit=2:pids:cgroup.procs:1:exact
want "a limit on cgroup.procs" 125 'not a file of that cgroup controller' ./run proc.fence true

# --- hostile images
H=$W/hostile
HB="$NS root=$H proc=full sys dev=null:1:3:0666 bind=$W/src:/data tmpfs=/tmp:1048576:01777:0:0 $WHO init=reaper filter=allow"
blob hostile.fence $HB
fresh() { rm -rf "$H"; cp -a root "$H"; }
fresh; rmdir "$H/dev"; ln -s /etc "$H/dev"
want "/dev is a symlink" 125 '/dev: .*ELOOP' ./run hostile.fence true
fresh; rmdir "$H/proc"; ln -s /tmp "$H/proc"
want "/proc is a symlink" 125 '/proc: .*ELOOP' ./run hostile.fence true
fresh; rmdir "$H/data"; ln -s /proc "$H/data"
want "a target leads into /proc" 125 'leads it into /proc' ./run hostile.fence true
fresh; rmdir "$H/data"; ln -s /proc/self/root/etc "$H/data"
want "a target is a magic link" 125 'ELOOP' ./run hostile.fence true
fresh; rmdir "$H/data"; ln -s ../../../../../../etc "$H/data"
want "a target climbs: stays inside" 0 '^deep$' ./run hostile.fence -- ls /etc
fresh; rmdir "$H/data"
want "a target is missing" 125 'lacks this directory' ./run hostile.fence true
[ ! -e "$H/data" ]; report $? "and is not created"
fresh
for cwd in /proc/self/fd/3 /proc/self/fd/9 /proc/self/cwd /not/there /bin/sh; do
    blob cwd.fence $HB cwd=$cwd
    want "cwd $cwd" 125 'cwd: ' ./run cwd.fence true
done

# --- a host whose mounts are shared, as under systemd: nothing may come out
cat >shared.sh <<'END'
mount -t tmpfs none sh && mount --make-shared sh && cp -a root sh/root && mkdir -p sh/src/sub || exit 9
sort /proc/self/mountinfo >before
./run shared.fence -- sleep .6 &
sleep .3
sort /proc/self/mountinfo | diff before - && wait $!
END
mkdir sh
blob shared.fence $NS root="$W/sh/root" proc=full sys dev=null:1:3:0666 bind="$W/sh/src:/data:w" tmpfs=/data/sub:4096:0755:0:0 \
    tmpfs=/tmp:1048576:01777:0:0 $WHO init=reaper filter=allow
want "shared mounts: none of ours on the host" 0 '' unshare -m --propagation private bash shared.sh

# --- signals and ends
blob none.fence $NS $ROOT $WHO init=none $FILTER
for b in base none; do
    for s in TERM INT USR1; do
        ./run $b.fence -- sh -c "trap 'exit 3' $s; sleep 5 & wait" & p=$!
        sleep .3; kill -$s $p; wait $p; code=$?; out=
        [ $code = 3 ]; report $? "$b: SIG$s is passed on"
    done
done
./run base.fence -- sleep 20 & p=$!; sleep .3; kill -TERM $p; wait $p; code=$?; [ $code = 143 ]; report $? "TERM to a payload without handler"
for b in base none; do
    ./run $b.fence -- sleep 77.3 & p=$!; sleep .3; kill -9 $p; wait $p 2>/dev/null; sleep .3
    out=$(pgrep -fx 'sleep 77.3'); code=0; [ -z "$out" ]; report $? "$b: SIGKILL of the launcher takes the payload along"
done
./run base.fence -- true
out=$(leaves); code=0; [ "$out" = "$leaves_before" ]; report $? "and the next launch sweeps its leaf"
blob keep.fence keep uid=65534 gid=65534 init=none filter=allow env=PATH=/bin:/usr/bin
want "a payload that leaves daemons" 5 '' ./run keep.fence -- sh -c 'setsid sleep 77.4 >/dev/null 2>&1 & setsid sleep 77.4 >/dev/null 2>&1 & exit 5'
out=$(pgrep -fx 'sleep 77.4'); [ -z "$out" ]; report $? "they are killed with the leaf"
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then CG=/sys/fs/cgroup; else CG=/sys/fs/cgroup/unified; fi
blob nested.fence keep uid=0 gid=0 caps=0x2 init=none filter=allow env=PATH=/bin:/usr/bin
want "a payload that makes cgroups in its leaf" 0 '' ./run nested.fence -- sh -c "mkdir -p $CG\$(sed -n s/^0:://p /proc/self/cgroup)/sub/sub2"
out=$(leaves); [ "$out" = "$leaves_before" ]; report $? "they are removed with it"
want "status descriptor" 0 '"event":"exit","code":0,"signal":0,"oom_kills":0' ./run --status-fd 1 base.fence -- true
want "status descriptor, failure" 125 '"event":"error","exit":125,"step":"cwd"' ./run --status-fd 1 cwd.fence -- true

# --- limits
has() { [ -d "/sys/fs/cgroup/$1" ] || grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null; }
M="limit=2:memory:memory.max:33554432:pages:33554432 limit=1:memory:memory.limit_in_bytes:33554432:pages:33554432"
T="limit=2:pids:pids.max:20:exact limit=1:pids:pids.max:20:exact"
if has memory && has pids; then
    blob lim.fence $BASE $M $T line=11:0:33
    want "pids.max" 2 "can't fork" ./run lim.fence -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do sleep 1 & done; echo no'
    want "memory.max" 137 '"signal":9,"oom_kills":1' ./run --status-fd 1 lim.fence -- dd if=/dev/zero of=/dev/null bs=100M count=1
    blob high.fence $BASE limit=2:memory:memory.high:33554432:pages:33554432
    if [ -d /sys/fs/cgroup/memory ]; then
        want "what v1 cannot say" 125 'memory.high: cgroup v1' ./run high.fence true
        A=/sys/fs/cgroup/memory/rf-test.$$
        mkdir $A && echo 16M >$A/memory.limit_in_bytes
        want "more than the enclosing cgroup has" 125 'enclosing cgroup allows.*33\]|enclosing cgroup allows' bash -c "echo 0 >$A/cgroup.procs; ./run lim.fence true"
        rmdir $A
    fi
else
    skip "limits" "no memory or pids controller"
fi

# --- an ordinary user
if user unshare -Ur true 2>/dev/null; then
    blob user.fence $NS,user self ${ROOT/01777:0:0/01777:33:33} $WHO init=reaper $FILTER sys
    want "user: identity" 0 '^uid=33 gid=33$' user ./run user.fence -- id
    run user ./run user.fence -- sh -c 'mount; cat /proc/self/status /proc/self/uid_map; cat /etc/shadow'
    deny "user: the mask hides" secret
    grep -qE 'CapBnd:.0+$' <<<"$out" && grep -qE ' on / type .*\(ro,nosuid,nodev' <<<"$out" && grep -qE '33 +1000 +1$' <<<"$out"
    report $? "user: root, capabilities, map"
    blob unmapped.fence $NS,user self $ROOT $WHO init=reaper filter=allow
    want "user: a tmpfs of someone without a mapping" 125 '/tmp: its uid or gid has no mapping' user ./run unmapped.fence true
    blob map.fence $NS,user map=0:0:100000:65536 map=1:0:100000:65536 $ROOT $WHO group=5 init=reaper filter=allow
    want "user: wide maps" 125 'groups|map only the own' user ./run map.fence -- id
    want "root: wide maps" 0 'uid=33 gid=33 groups=5' ./run map.fence -- id
    want "user: a policy without a user namespace" 125 'needs root .*namespaces.user: new' user ./run base.fence true
else
    skip "ordinary user" "this machine lets none make user namespaces"
fi

# --- check and plan
want "--check of a good policy" 0 '' ./run --check base.fence
blob bad.fence $NS root="$W/none" bind="$W/no1:/data" bind="$W/no2:/run" $WHO filter=allow
run ./run --check bad.fence
[ "$code" = 125 ] && [ "$(grep -c ENOENT <<<"$out")" = 3 ]; report $? "--check finds every missing path"
want "--plan" 0 'execve' ./run --plan base.fence
want "an option that is none" 125 'unknown option' ./run --nope

out=$(mounts); code=0; [ "$out" = "$mounts_before" ]; report $? "no mount stayed"
out=$(leaves); [ "$out" = "$leaves_before" ]; report $? "no cgroup stayed"
echo "1..$n"
[ $bad = 0 ]
