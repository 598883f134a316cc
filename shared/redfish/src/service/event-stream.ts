import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceState } from './service-state.ts'

/**
 * Makes the answer a stream of events, with a subscription of its own that ends with the connection; and the connection
 * ends when the subscription is deleted. The end of the session does not matter to it. DSP0266 §12.5.
 */
export function openEventStream(state: ServiceState, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'OData-Version': '4.0',
    'Cache-Control': 'no-cache',
  })
  response.flushHeaders()
  const subscription = state.subscriptions.add({
    context: randomBytes(6).toString('hex'),
    isStream: true,
    registryPrefixes: [],
    resourceTypes: [],
    verifyCertificate: false,
    headers: [],
    send: ({ id, body }) => void response.write(`id: ${id}\ndata: ${JSON.stringify(body)}\n\n`),
    end: () => void response.end(),
  })
  request.on('close', () => state.subscriptions.remove(subscription.id))
  response.on('close', () => state.subscriptions.remove(subscription.id))
}
