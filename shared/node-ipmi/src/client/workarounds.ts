/**
 * Named deviations of BMCs from the specification, which a caller may switch on for a target:
 * `no-boot-timer-option`: the BMC refuses boot option parameter 3 (valid bit clearing), so it is not sent, and flags expire after 60 s;
 * `supermicro-uefi-disk`: UEFI disk boot wants the device selector 24h in place of the specification's 08h.
 */
export const workarounds = ['no-boot-timer-option', 'supermicro-uefi-disk'] as const

export type Workaround = (typeof workarounds)[number]
