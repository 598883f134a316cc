import { type Bus, busOptionsFromEnvironment, connectBus, consumerNameOf } from '@powerbus/bus'
import { decodePluginManifest } from '@powerbus/drp'
import { type DurableEvents, durableEvents } from '@powerbus/plugin-sdk'
import { runToEnd } from '@powerbus/plugin-sdk/launch'
import type { Command } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import type { Output } from '../output.ts'

const DEFINE_MS = 10_000
const MANIFEST_BYTES_MAX = 16 * 1024 * 1024

const help = `
For each service that receives events, this makes the NATS durable that keeps its events, and takes over from the
durable of an earlier release. Run it once for each release, before the services start, as a user that may make and
delete consumers (NATS_URL, NATS_USER, NATS_PASSWORD_FILE). An endpoint on the same bus does this itself. Repeating it
is safe.`

export function busCommand(bus: Command, output: Output): void {
  bus
    .command('setup')
    .argument('<services...>', 'executables of services, such as dist/plugins/slack')
    .description('make the durables that keep the events of these services')
    .addHelpText('after', help)
    .action((services: string[]) => setUp(services, output))
}

async function setUp(services: readonly string[], output: Output): Promise<void> {
  const access = busOptionsFromEnvironment()
  if (access.url === undefined) throw new UsageError('set NATS_URL to the address of the bus')
  const defined: { readonly service: string; readonly events: DurableEvents | undefined }[] = []
  for (const service of services) defined.push({ service, events: await eventsOf(service) })
  const bus = await connectBus({ ...access, name: 'powerbus-setup' })
  try {
    for (const { service, events } of defined) output.line(`${service}: ${await made(bus, events)}`)
  } finally {
    await bus.close()
  }
}

async function made(bus: Bus, events: DurableEvents | undefined): Promise<string> {
  if (!events) return 'receives no events'
  const isInCharge = await bus.provideDurable(events.durable, events.match).catch((cause: unknown) => {
    throw new CliError(`the durable ${events.durable} cannot be made: ${String(cause)}`, { cause })
  })
  if (isInCharge)
    return `durable ${events.durable} is there, as consumer ${consumerNameOf(events.durable, events.match)}`
  return `durable ${events.durable} is served by a newer release; stop that first`
}

async function eventsOf(executable: string): Promise<DurableEvents | undefined> {
  const run = {
    executable,
    parameters: ['define'],
    folder: process.cwd(),
    environment: { PATH: process.env.PATH ?? '', RS_TOKEN: 'catalog' },
  }
  try {
    const text = await runToEnd({ ...run, timeoutMs: DEFINE_MS, outputBytesMax: MANIFEST_BYTES_MAX })
    return durableEvents(decodePluginManifest(JSON.parse(text)))
  } catch (cause) {
    throw new CliError(`${executable} is not a service: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
