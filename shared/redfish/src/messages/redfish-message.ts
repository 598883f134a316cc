/** One entry of `@Message.ExtendedInfo`. DSP0266 §12.6. */
export interface RedfishMessage {
  /** `Base.1.18.PasswordChangeRequired`, as the BMC sent it; empty where it sent none. */
  readonly id: string
  /** Last part of the id: `PasswordChangeRequired`. */
  readonly key: string
  /** One sentence, without secrets and line breaks. */
  readonly text: string
  readonly args: readonly string[]
  readonly severity?: string
  /** Properties that the entry is about, as names: `BootSourceOverrideMode`. */
  readonly properties: readonly string[]
}
