/** Answers every request on a subject with its own body, by the plain NATS client: `plain-responder.ts URL SUBJECT`. */
import { connect } from '@nats-io/transport-node'

const [servers = '', subject = ''] = process.argv.slice(2)
const connection = await connect({ servers })
connection.subscribe(subject, { queue: 'plain', callback: (_error, message) => void message.respond(message.data) })
await connection.flush()
process.stdout.write('ready\n')
