/** How a RAC behaves, and misbehaves; a test or a person may change it at any time. */
export interface RacadmKnobs {
  /** Milliseconds before each command's answer. */
  delayMs: number
  /** Every command ends with 16h, RAC not ready. */
  notReady: boolean
  /** So many logins over HTTPS get session 0. */
  zeroSessions: number
  /** So many answers over HTTPS end in the middle of their XML. */
  cutAnswers: number
  /** So many commands over HTTPS are executed, and the connection ends in place of the answer. */
  lostAnswers: number
  /** Sessions over HTTPS at one time. */
  sessionsMax: number
  /** Off: HTTP 404, as firmware without racadm over HTTPS. */
  offersCgi: boolean
  /** Off: SSH has a shell alone. */
  offersExec: boolean
  /** `group`: iDRAC 6, which has config in place of set, and prints nothing after a power action. */
  generation: 'attribute' | 'group'
  /** Values of FirstBootDevice that are refused. */
  refusedDevices: string[]
}

export function plainKnobs(knobs: Partial<RacadmKnobs> = {}): RacadmKnobs {
  return {
    delayMs: 0,
    notReady: false,
    zeroSessions: 0,
    cutAnswers: 0,
    lostAnswers: 0,
    sessionsMax: 4,
    offersCgi: true,
    offersExec: true,
    generation: 'attribute',
    refusedDevices: [],
    ...knobs,
  }
}

export interface RacadmCredentials {
  readonly username: string
  readonly password: string
}
