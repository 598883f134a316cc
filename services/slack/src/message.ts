/** One block of Block Kit as JSON: https://docs.slack.dev/reference/block-kit/blocks */
export type Block = { readonly type: string } & Readonly<Record<string, unknown>>

/** `text` is the fallback of `blocks`, for notifications and screen readers. Both are within Slack's limits. */
export interface MessageContent {
  readonly text: string
  readonly blocks: readonly Block[]
}

/** `event_type` in the metadata of every message of this plugin. */
export const METADATA_TYPE = 'powerbus_message'
