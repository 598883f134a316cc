import { rmcpPlusStatusMeaning } from '../spec/rmcp-plus-status.ts'

/** The handshake failed: the BMC refused it, or the BMC's code is wrong. */
export class HandshakeRefusal extends Error {
  /** RMCP+ status; 0Fh if the BMC's code differs from the code that the console computed. §13.24. */
  readonly status: number
  /**
   * True if a message was sent more than once. Console and BMC may then hold different random numbers or sessions, so a
   * fresh handshake with the same credentials may succeed.
   */
  readonly stale: boolean

  constructor(answer: 'Open Session Response' | 'RAKP 2' | 'RAKP 4', status: number, stale = false) {
    super(`${answer}: ${rmcpPlusStatusMeaning(status)}`)
    this.name = 'HandshakeRefusal'
    this.status = status
    this.stale = stale
  }
}
