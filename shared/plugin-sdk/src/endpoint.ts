import type { DrpClient, DrpEvent, JsonObject } from '@powerbus/drp'
import type { Secret } from './secret.ts'

/** What a plugin may ask of the endpoint that launched it. */
export interface Endpoint {
  /** URL of the DRP API (`RS_ENDPOINT`). */
  readonly apiUrl: string
  /** Bearer token with full rights (`RS_TOKEN`); empty where none was given. */
  readonly token: Secret
  /** URL of the static file server (`RS_FILESERVER`), empty where none was given. */
  readonly fileServerUrl: string
  /** Folder of the static file server (`RS_WEBROOT`), empty where none was given. */
  readonly webRoot: string
  /** Broadcasts an event to all who listen. Throws PowerbusError BUS_CLOSED when the endpoint does not take it. */
  publish(event: EventToSend): Promise<void>
  /** The objects of a kind that the endpoint stores for the plugin. Throws PowerbusError BUS_CLOSED. */
  objects(prefix: string): Promise<readonly JsonObject[]>
  /** The DRP API, as the plugin's token allows; made on first use, and the same client each time. */
  api(): DrpClient
}

/** An event without what the endpoint link fills in: the time is now, and the principal is the plugin. */
export type EventToSend = Pick<DrpEvent, 'Type' | 'Action' | 'Key'> & Partial<DrpEvent>
