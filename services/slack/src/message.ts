/** One block of Block Kit as JSON: https://docs.slack.dev/reference/block-kit/blocks */
export type Block = { readonly type: string } & Readonly<Record<string, unknown>>

/** What a person sees. `text` is the fallback of `blocks`: notifications and screen readers show it. Both are within Slack's limits. */
export interface MessageContent {
  readonly text: string
  readonly blocks: readonly Block[]
}

/** `event_type` of the metadata of every message that this plugin posts. */
export const METADATA_TYPE = 'powerbus_message'

/** One message, ready for chat.postMessage. */
export interface SlackMessage extends MessageContent {
  /** The conversation's id. */
  readonly channel: string
  /** Tells this message from all others, for ever: in its metadata, by which it is found again. */
  readonly key: string
  /** Timestamp of the message that it answers. */
  readonly threadTs?: string
}
