/**
 * Workarounds for BMCs that deviate from the specification; a caller switches them on for a target.
 * `no-boot-timer-option`: the BMC refuses boot option parameter 3, so it is not sent and boot flags expire after 60 s.
 * `supermicro-uefi-disk`: for UEFI disk boot, data 2 of parameter 5 is 24h instead of the specification's 08h.
 */
export const workarounds = ['no-boot-timer-option', 'supermicro-uefi-disk'] as const

export type Workaround = (typeof workarounds)[number]
