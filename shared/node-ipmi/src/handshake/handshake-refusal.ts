import { rmcpPlusStatusMeaning } from '../spec/rmcp-plus-status.ts'

export type HandshakeMessage = 'Open Session Response' | 'RAKP 2' | 'RAKP 4'

/** The handshake ended without a session: the BMC said so, or its proof does not fit. */
export class HandshakeRefusal extends Error {
  readonly answer: HandshakeMessage
  /** RMCP+ status; 0Fh where the BMC's code does not match what the console computed. §13.24. */
  readonly status: number
  /**
   * A message was sent more than once, so that both ends may have gone on from different random numbers or sessions: a fresh handshake
   * may succeed with the same credentials.
   */
  readonly stale: boolean

  constructor(answer: HandshakeMessage, status: number, stale = false) {
    super(`${answer}: ${rmcpPlusStatusMeaning(status)}`)
    this.name = 'HandshakeRefusal'
    this.answer = answer
    this.status = status
    this.stale = stale
  }
}
