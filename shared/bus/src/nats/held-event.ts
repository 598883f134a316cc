import type { Msg, NatsConnection } from '@nats-io/transport-node'
import type { BusEvent } from '../bus-event.ts'
import type { Offer } from '../delivery/handler-lanes.ts'
import type { NatsDeadLetters } from './nats-dead-letters.ts'
import { REQUEST_ID } from './nats-names.ts'
import { deliveryOf } from './pull-source.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
/** Answers to a message of JetStream. */
export const ACKNOWLEDGE = bytes('+ACK')
export const TERMINATE = bytes('+TERM')
const WORKING = bytes('+WPI')
/** Given out again, to anybody, after 100 ms: by then the server has heard that whoever gives it back asks for nothing any longer. */
const GIVE_BACK = bytes('-NAK {"delay":100000000}')

export interface HeldWorld {
  readonly durable: string
  readonly connection: NatsConnection
  readonly letters: NatsDeadLetters
  /** It is held no longer. */
  readonly onEnd: (held: HeldEvent) => void
}

/** An event that the server has given out to us and waits to hear of. */
export class HeldEvent implements Offer {
  readonly event: BusEvent
  readonly requestId: string | undefined
  readonly deliveries = 0
  readonly elsewhere: number
  /** Its number in the stream. */
  readonly sequence: number
  readonly #message: Msg
  readonly #world: HeldWorld

  constructor(event: BusEvent, message: Msg, world: HeldWorld) {
    const { deliveries, sequence } = deliveryOf(message)
    this.event = event
    this.requestId = message.headers?.get(REQUEST_ID) || undefined
    this.elsewhere = deliveries - 1
    this.sequence = sequence
    this.#message = message
    this.#world = world
  }

  async run(_deliveries: number, isAlone: boolean, call: () => Promise<void>): Promise<boolean> {
    const { durable, letters } = this.#world
    if (isAlone) return await letters.runMarked(durable, deliveryOf(this.#message).key, call)
    await call()
    return true
  }

  async acknowledge(): Promise<void> {
    this.#world.onEnd(this)
    this.#message.respond(ACKNOWLEDGE)
  }

  async bury(reason: string, deliveries: number): Promise<void> {
    const { event, requestId } = this
    const { durable, letters } = this.#world
    const time = new Date().toISOString()
    await letters.add(durable, { event, requestId, reason, deliveries, time }, this.sequence)
    this.#world.onEnd(this)
    this.#message.respond(TERMINATE)
  }

  release(): void {
    this.#world.onEnd(this)
    // Where the connection is closed for good, the server finds out by itself.
    if (!this.#world.connection.isClosed()) this.#message.respond(GIVE_BACK)
  }

  /** It is still worked on: its time to acknowledge begins anew. */
  saysWorking(): void {
    this.#message.respond(WORKING)
  }
}
