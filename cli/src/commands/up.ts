import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BusError } from '@powerbus/bus'
import type { Endpoint } from '@powerbus/endpoint'
import { StoreError } from '@powerbus/store'
import { type Command, Option } from 'commander'
import { CliError, UsageError } from '../cli-error.ts'
import { defaultStateFolder, pluginsBesideProgram } from '../folders.ts'
import { catchInterruption, untilAborted } from '../interruption.ts'
import { wholeNumber } from '../option-values.ts'
import type { Output } from '../output.ts'
import { checkCloudPlugin, type LabCloud, labCloudLine, labCloudTrials, startLabCloud } from '../up/lab-cloud.ts'
import { hasLabPlugin, LAB_PLUGIN, type LabRack, labRackLine, noLabText, openLabRack } from '../up/lab-rack.ts'
import { slackFromEnvironment, slackLine } from '../up/slack-from-environment.ts'
import { upLog } from '../up/up-log.ts'
import { version } from '../version.ts'

const DEFAULT_CLOUD_COUNT = 2

interface UpOptions {
  /** Number of machines. False: no lab. By default as many as last time, else 8. */
  readonly lab?: number | false
  /** Number of machines in the lab cloud at its start; absent: no lab cloud. */
  readonly labCloud?: number | true
  readonly address: string
  readonly port: number
  /** Absent: no plain HTTP. */
  readonly filesPort?: number
  readonly sessionHours: number
  readonly state?: string
  readonly plugins?: string
  readonly forgetSecureParams?: true
}

const help = `
Environment:
  NATS_URL     use this NATS server as the bus, with NATS_CREDS_FILE and other NATS_ variables
  REDIS_URL    use this Redis as the store, which several endpoints may share, with REDIS_PASSWORD_FILE and others
  SLACK_BOT_TOKEN    enable the plugin slack, with SLACK_CHANNELS (names or ids, separated by commas),
                     SLACK_APP_TOKEN (for buttons) and SLACK_API_URL`

export function upCommand(command: Command, output: Output): void {
  command
    .option('--lab <count>', 'machines in the lab rack (default: as many as last time, else 8)', wholeNumber(1, 999))
    .option('--no-lab', 'no lab rack')
    .option('--lab-cloud [count]', 'add an emulated cloud with this many machines (default: 2)', wholeNumber(0, 99))
    .option('--address <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on (0: any free port)', wholeNumber(0, 65_535), 8092)
    .option('--files-port <port>', 'serve the static files over plain HTTP, too, on this port', wholeNumber(1, 65_535))
    .option('--state <folder>', 'folder of machines and tokens (default: $POWERBUS_HOME or your state folder)')
    .addOption(
      new Option('--session-hours <hours>', 'longest life of tokens that are got with a token, from the login on')
        .argParser(wholeNumber(1, 720))
        .env('POWERBUS_SESSION_HOURS')
        .default(8),
    )
    .option('--plugins <folder>', 'folder of plugins to launch (default: the plugins beside this program)')
    .option('--forget-secure-params', 'remove all secure params: only where secure-params.key is lost')
    .addHelpText('after', help)
    .action((options: UpOptions) => runUp(options, output))
}

/** Runs an endpoint, with a lab rack by default, until interrupted. Leaves nothing but the state folder. */
async function runUp(options: UpOptions, output: Output): Promise<void> {
  const stateDir = resolve(options.state ?? defaultStateFolder())
  const pluginDir = resolve(options.plugins ?? pluginsBesideProgram())
  await checkFolder(pluginDir)
  if (options.labCloud !== undefined) await checkCloudPlugin(pluginDir)
  const hasRack = options.lab !== false && (await hasLabPlugin(pluginDir))
  if (typeof options.lab === 'number' && !hasRack) throw new UsageError(`no lab rack: ${noLabText(pluginDir)}`)
  const slack = slackFromEnvironment(process.env)
  const interruption = catchInterruption()
  const { address, port, lab, labCloud } = options
  let rack: LabRack | undefined
  let cloud: LabCloud | undefined
  const openLabs = async () => {
    if (hasRack && lab !== false) rack = await openLabRack({ stateDir, count: lab })
    const count = labCloud === true ? DEFAULT_CLOUD_COUNT : labCloud
    if (count !== undefined) cloud = await startLabCloud({ folder: join(stateDir, 'lab-cloud'), count })
    const plugins = [rack, cloud].flatMap((found) => found?.plugin ?? [])
    return { plugins: [...plugins, ...slack], machines: rack?.machines ?? [] }
  }
  const { startEndpoint } = await import('@powerbus/endpoint')
  let endpoint: Endpoint | undefined
  try {
    endpoint = await startEndpoint({
      stateDir,
      pluginDir,
      address,
      port,
      filesPort: options.filesPort,
      sessionS: options.sessionHours * 3600,
      version,
      environment: process.env,
      log: upLog(),
      signal: interruption.signal,
      seeds: openLabs,
      forgetSecureParams: options.forgetSecureParams === true,
      withoutPlugins: hasRack ? [] : [LAB_PLUGIN],
    })
    const rackLine = rack ? await readyRackLine(endpoint, rack) : undefined
    if (lab === undefined && !hasRack) output.line(`no lab rack: ${noLabText(pluginDir)}`)
    greet(endpoint, { rackLine, cloud }, stateDir, output)
    await output.flush()
    await untilAborted(interruption.signal)
    output.line('stopping')
  } catch (error) {
    if (!interruption.signal.aborted) throw explain(error, stateDir)
  } finally {
    await endpoint?.stop()
    await cloud?.close()
    interruption.release()
  }
}

/** The greeting's line about the rack. Throws a CliError where the rack does not run. */
async function readyRackLine(endpoint: Endpoint, rack: LabRack): Promise<string> {
  const errors = endpoint.plugins().find(({ Name }) => Name === LAB_PLUGIN)?.Errors ?? []
  if (errors.length > 0) throw new CliError(`the lab rack does not run: ${errors.join('; ')}`)
  return labRackLine(await endpoint.ensureMachines(rack.machines))
}

async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory())
    throw new UsageError(`there is no plugin folder ${path}: run 'npm run build', or give --plugins`)
}

interface Labs {
  readonly rackLine: string | undefined
  readonly cloud: LabCloud | undefined
}

function greet(endpoint: Endpoint, { rackLine, cloud }: Labs, stateDir: string, output: Output): void {
  const powerbus = process.env.npm_lifecycle_event === undefined ? 'powerbus' : 'npx powerbus'
  const plugins = endpoint.plugins().map(({ Name }) => Name)
  output.lines([
    `endpoint     ${endpoint.url}`,
    ...(endpoint.filesUrl === undefined ? [] : [`files        ${endpoint.filesUrl} (no TLS, no login)`]),
    `certificate  SHA-256 ${endpoint.fingerprint}`,
    `login        user powerbus, one-time code ${endpoint.loginCode} (good once, for 15 minutes)`,
    `plugins      ${plugins.length > 0 ? plugins.join(', ') : 'none'}`,
    `state        ${stateDir}`,
    ...(rackLine === undefined ? [] : [rackLine]),
    ...(cloud ? [labCloudLine(cloud)] : []),
    slackLine(endpoint.plugins(), powerbus),
    '',
    'Try in a second shell:',
    `  ${powerbus} machines`,
    `  ${powerbus} status`,
    ...(rackLine === undefined ? [] : [`  ${powerbus} powercycle node-03`, `  ${powerbus} nextbootpxe 'node-[01-08]'`]),
    ...(cloud ? labCloudTrials().map((trial) => `  ${powerbus} ${trial}`) : []),
    '',
    'Ctrl-C stops everything.',
  ])
}

function explain(error: unknown, stateDir: string): unknown {
  if (error instanceof BusError) return new CliError(`the bus: ${error.message}`, { cause: error })
  if (!(error instanceof StoreError)) return error
  if (error.code === 'STORE_LOCKED') {
    return new CliError(`an endpoint already runs on ${stateDir}: stop it, or choose another folder with --state`, {
      cause: error,
    })
  }
  return new CliError(error.message, { cause: error })
}
