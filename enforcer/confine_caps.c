/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"
#include "line.h"
#include <linux/prctl.h>
#include <linux/securebits.h>

static const struct rf_where at = RF_FIELD(CAPABILITIES, CONFINE, struct rf_confine, capabilities);

#define BIT(n) (UINT64_C(1) << (n))

void rf_confine_caps_bound(uint64_t set) {
    struct sys_caps caps;
    uint32_t n;
    rf_must(at, sys_capget(&caps), "cannot read our capabilities");
    for (n = 0; n < 64; n++) {
        bool wanted = (set & BIT(n)) != 0;
        int error = wanted ? 0 : sys_prctl(PR_CAPBSET_DROP, n, 0);
        int held = sys_prctl(PR_CAPBSET_READ, n, 0);
        /* The end of this kernel's list, which may be newer than the compiler; Linux 5.10 goes that far at least. */
        if (held == -EINVAL && n > CAP_CHECKPOINT_RESTORE) break;
        rf_must(at, held, "cannot read the bounding set");
        if (wanted && (!held || !(caps.permitted & BIT(n))))
            rf_fail(at, 0, "the policy gives CAP_%s, which the launcher itself lacks", rf_fail_capability(n));
        if (!wanted && held)
            rf_fail(at, error,
                    "cannot drop CAP_%s from the bounding set; it needs root (CAP_SETPCAP), or `namespaces.user: new`",
                    rf_fail_capability(n));
    }
    for (; n < 64; n++)
        if (set & BIT(n)) rf_fail(at, 0, "the policy gives capability %u, which this kernel does not have", n);
}

static void put(uint64_t permitted, uint64_t inheritable) {
    const struct sys_caps caps = {permitted, permitted, inheritable};
    rf_must(at, sys_capset(&caps), "cannot set the capabilities");
}

static int ambient(unsigned long operation, uint32_t number) {
    return sys_prctl(PR_CAP_AMBIENT, operation, number);
}

static void read_back(uint64_t set, uint64_t inheritable, unsigned long bits) {
    struct sys_caps caps;
    rf_must(at, sys_capget(&caps), "cannot read our capabilities");
    if (caps.effective != set || caps.permitted != set || caps.inheritable != inheritable)
        rf_fail(at, 0, "the kernel did not keep the capability sets");
    /* Nothing is ever ambient that is not inheritable too. */
    for (uint32_t n = 0; n < 64; n++)
        if ((inheritable & BIT(n)) && ambient(PR_CAP_AMBIENT_IS_SET, n) != 1)
            rf_fail(at, 0, "CAP_%s did not become ambient", rf_fail_capability(n));
    if (sys_prctl(PR_GET_SECUREBITS, 0, 0) != (int)bits) rf_fail(at, 0, "the kernel did not keep the securebits");
}

/*
 * uid 0: the kernel gives root at execve what the bounding set holds, so that set is the limit, and ambient stays
 * empty.  With NOROOT such a payload would have nothing after exec; with NO_SETUID_FIXUP a server that then drops
 * to a worker's uid would keep everything.
 * That is for a policy to ask for; with NOROOT uid 0 is a uid like any other.
 * Any other uid: what is to survive execve has to be ambient; NOROOT then closes the way back through uid 0.
 */
void rf_confine_caps_set(uint64_t set, bool as_root, unsigned long bits) {
    const uint64_t inheritable = as_root ? 0 : set;
    if (!as_root)
        bits |= SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    struct sys_caps caps;
    rf_must(at, sys_capget(&caps), "cannot read our capabilities");
    const bool lock = sys_prctl(PR_GET_SECUREBITS, 0, 0) != (int)bits;
    put(lock ? set | (caps.permitted & BIT(CAP_SETPCAP)) : set, inheritable);
    /* What was ambient and is not inheritable went with that; all the rest is raised. */
    for (uint32_t n = 0; n < 64; n++) {
        if (!(inheritable & BIT(n))) continue;
        rf_must(at, ambient(PR_CAP_AMBIENT_RAISE, n), "cannot make CAP_%s ambient", rf_fail_capability(n));
    }
    if (lock) {
        rf_must(at, sys_prctl(PR_SET_SECUREBITS, bits, 0), "cannot set the securebits");
        put(set, inheritable); /* SETPCAP goes last: the securebits needed it */
    }
    read_back(set, inheritable, bits);
}

bool rf_confine_caps_only_kill(uint64_t later) {
    struct sys_caps caps;
    if (sys_capget(&caps) < 0) return false;
    caps.permitted &= BIT(CAP_KILL) | later;
    caps.effective = caps.permitted & BIT(CAP_KILL);
    caps.inheritable = 0; /* and with it goes the ambient set */
    return sys_capset(&caps) == 0 && sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0) == 0 && sys_prctl(PR_SET_DUMPABLE, 0, 0) == 0;
}

void rf_confine_caps_raise(void) {
    struct sys_caps caps;
    if (sys_capget(&caps) < 0) return;
    caps.effective = caps.permitted;
    sys_capset(&caps);
}
