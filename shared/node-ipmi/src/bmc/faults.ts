/** What goes wrong on demand; may be changed at any time. Rates are shares of datagrams, 0..1. */
export interface BmcFaults {
  /** Datagrams lost on their way to the BMC. */
  lossIn?: number
  /** Answers lost on their way back. */
  lossOut?: number
  /** Answers that go out twice. */
  duplicateOut?: number
  /** Requests that arrive twice. */
  duplicateIn?: number
  /** Answers with a byte changed. */
  corruptOut?: number
  /** Each answer waits so long, in milliseconds. */
  delayMs?: number
  /** Up to so many milliseconds more, each answer by itself: they overtake each other. */
  jitterMs?: number
  /** Nothing is answered at all. */
  hang?: boolean
  /** So many more commands in sessions are answered with C0h (node busy), and not done. */
  busyCommands?: number
  /** Completion codes by the command's name: answered with, and not done. */
  completionCodes?: Readonly<Record<string, number>>
  /** So many more answers in sessions have a wrong integrity code. */
  wrongIntegrityCodes?: number
  /** Open Session is refused for want of a slot. */
  fullSessionTable?: boolean
  /** Get Channel Cipher Suites is not answered (ipmi_sim). */
  silentCipherSuites?: boolean
  /** Boot option parameter 3, where the validity timer is turned off, is not supported. */
  refuseTimerOption?: boolean
  /** Power control is accepted, and nothing happens. */
  ignorePowerControl?: boolean
  /** For so long after a power control the power state reads as before, in milliseconds. */
  stalePowerMs?: number
}
