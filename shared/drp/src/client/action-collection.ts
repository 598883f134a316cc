import { type AvailableAction, decodeAvailableAction } from '../available-action.ts'
import { DecodeError, type JsonObject } from '../field-reader.ts'
import { readAnswer } from './object-collection.ts'
import { apiPath, keySegment } from './path.ts'
import type { RequestOptions, Transport } from './transport.ts'

/** The actions of objects (§5). The methods throw DrpApiError. */
export class ActionCollection {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** The actions whose required params the object has. */
  async list(kind: string, key: string, options: RequestOptions = {}): Promise<readonly AvailableAction[]> {
    const path = apiPath(kind, keySegment(key), 'actions')
    const answer = await this.#transport.send({ ...options, method: 'GET', path })
    return readAnswer(
      'actions',
      (value) => {
        if (!Array.isArray(value)) throw new DecodeError('actions', 'an array', value)
        return value.map((member, index) => decodeAvailableAction(member, `actions[${index}]`))
      },
      answer,
    )
  }

  /**
   * Runs an action and returns its result. The client sends it once. If the answer is lost (`unreachable`, `timeout`)
   * and the error's `sent` is true, the action may have run. Actions may take minutes: set `timeoutMs`.
   */
  async run(
    kind: string,
    key: string,
    command: string,
    params: JsonObject = {},
    options: RequestOptions = {},
  ): Promise<unknown> {
    const path = apiPath(kind, keySegment(key), 'actions', keySegment(command))
    return this.#transport.send({ ...options, method: 'POST', path, body: params })
  }
}
