export interface WorkaroundFacts {
  /** What the client does with it, in one line. */
  readonly does: string
  /** BMCs that need it, as far as somebody reported them. */
  readonly for: string
  /** Where the deviation is described. */
  readonly source: string
}

const FREEIPMI = 'https://www.gnu.org/software/freeipmi/manpages/man8/ipmipower.8.html'

/**
 * BMCs that deviate from the specification in a way that the client cannot tell by itself, or should not bear with
 * unasked; a caller switches the workarounds on for a target.
 */
export const workaroundFacts = {
  'no-boot-timer-option': {
    does: 'does not send boot option parameter 3; the BMC then drops a boot device after 60 s',
    for: 'BMCs that do not use the boot device after they got parameter 3',
    source: 'https://opendev.org/openstack/ironic/src/branch/master/ironic/conf/ipmi.py (disable_boot_timeout)',
  },
  'supermicro-uefi-disk': {
    does: 'asks for a UEFI boot from disk by device selector 9 (24h) instead of 2 (08h)',
    for: 'Supermicro X10 and X11',
    source: 'https://storyboard.openstack.org/#!/story/2008241',
  },
  'highest-privilege': {
    does: 'asks for the highest privilege level at Open Session, and for the one that is needed at RAKP 1',
    for: 'BMCs that tie a cipher suite to one privilege level, and refuse it for lower ones',
    source: `${FREEIPMI} (opensesspriv is the reverse)`,
  },
  intelplus: {
    does: 'leaves the bit for a look-up by name out of the code of RAKP 3, as ipmitool -o intelplus',
    for: 'Intel SE7520AF2 and other Intel boards of its time, Intel 82571 (ipmitool -o i82571spt)',
    source: 'https://github.com/ipmitool/ipmitool/blob/master/src/plugins/lanplus/lanplus_crypt.c',
  },
  intel20: {
    does: 'does as intelplus, and pads the user name to 16 bytes, as ipmipower -W intel20',
    for: 'Intel SE7520AF2 with Intel Server Management Module (Professional Edition)',
    source: FREEIPMI,
  },
  integritycheckvalue: {
    does: 'does not check the integrity check value of RAKP 4; a wrong K_g then shows as a time-out',
    for: 'BMCs that compute it otherwise, such as Supermicro X8DTG and X8DTU and Intel S5500WBV for suite 0',
    source: FREEIPMI,
  },
  'guid-ipmi': {
    does: 'reads the system GUID in the order of IPMI §20.8, instead of guessing its order',
    for: 'BMCs whose GUID differs from the UUID that dmidecode shows on the machine',
    source: 'https://github.com/ipmitool/ipmitool/issues/25',
  },
  'guid-smbios': {
    does: 'reads the system GUID in the order of SMBIOS, instead of guessing its order',
    for: 'BMCs whose GUID differs from the UUID that dmidecode shows on the machine, such as AMI MegaRAC',
    source: 'https://github.com/ipmitool/ipmitool/issues/25',
  },
  'guid-rfc4122': {
    does: 'reads the system GUID in the order of its text, instead of guessing its order',
    for: 'BMCs whose GUID differs from the UUID that dmidecode shows on the machine',
    source: 'https://github.com/ipmitool/ipmitool/issues/239',
  },
} as const satisfies Readonly<Record<string, WorkaroundFacts>>

export type Workaround = keyof typeof workaroundFacts

/** The names of all workarounds. */
export const workarounds = Object.keys(workaroundFacts) as readonly Workaround[]
