import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { ContentBundle } from '@powerbus/drp'
import type { IpmiToolTarget } from '../ipmi-tools.ts'
import { runProgram } from '../run-program.ts'
import { tempFolder } from '../temp-folder.ts'
import { machineData } from '../templates/machine-data.ts'
import { renderTemplate } from '../templates/render-template.ts'
import type { TestScope } from '../test-scope.ts'
import { drpcli } from './drpcli.ts'
import { type ApiAccess, endpointRequests } from './endpoint-requests.ts'
import { type ExecutedFile, executedFile, forwardIpmitool } from './forward-ipmitool.ts'
import { type ProgramCall, programCalls, type StandIn } from './program-calls.ts'
import { helper, standInTemplates } from './stand-in-templates.ts'

export interface TaskMachineOptions {
  readonly endpoint: ApiAccess
  /** Bundle with the tasks, templates and params; setup.tmpl is there too. */
  readonly content: ContentBundle
  readonly name?: string
  readonly params?: Readonly<Record<string, unknown>>
  /** The machine's BMC: one on the network, or a function that answers as ipmitool. Default: there is no ipmitool. */
  readonly ipmitool?: IpmiToolTarget | StandIn
  /** Further programs of the test by name, or by an absolute path below the machine's root. */
  readonly programs?: Readonly<Record<string, StandIn>>
  /** Further real programs, such as python3 or jq; none of these two is there otherwise. */
  readonly realPrograms?: readonly string[]
  /** Whether there is a device of a BMC; default true. */
  readonly device?: boolean
  /** Text of the firmware's table, such as `Dell Inc.`. */
  readonly vendor?: string
  /** Whether the agent wrote its helper into the folder; default true. */
  readonly helper?: boolean
}

export interface RunTaskOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The stage that the task belongs to; default none. */
  readonly stage?: string
}

export interface TaskRun {
  /** As the agent sees it: 0 is a success. */
  readonly code: number | null
  /** What the job's log holds. */
  readonly log: string
  /** Programs that this run started. */
  readonly calls: readonly ProgramCall[]
  /** Files that this run left in the machine's folder for temporary files. */
  readonly left: readonly string[]
}

export interface TaskMachine {
  readonly uuid: string
  /** Folder in place of /. */
  readonly root: string
  readonly calls: readonly ProgramCall[]
  /** What `ipmitool exec` was given. */
  readonly executedFiles: readonly ExecutedFile[]
  /** Renders all templates of a task and runs them, as the agent of an endpoint does. Prerequisites are not run. */
  runTask(name: string, options?: RunTaskOptions): Promise<TaskRun>
  /** Arguments of the calls of one program. */
  argsOf(program: string): readonly (readonly string[])[]
  /** Text of a file below its root. */
  read(path: string): string
  /** The machine as the endpoint has it. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of an answer is what it asserts
  show(): Promise<any>
  /** The machine's own params in the clear. */
  params(): Promise<Readonly<Record<string, unknown>>>
  setParams(params: Readonly<Record<string, unknown>>): Promise<void>
  removeParam(name: string): Promise<void>
  /** Makes a program; `readsInput` where it reads its stdin without an argument `-`. */
  put(program: string, does: StandIn, options?: { readonly readsInput?: boolean }): void
}

/** Programs that every Linux machine has. jq, python3, curl and ipmitool are not among them. */
const basics =
  'awk base64 basename bash cat chmod cp cut date dirname env expr false find grep head id ln ls mkdir mktemp mv od printf ' +
  'readlink rm rmdir sed seq sh sleep sort stat tac tail tee test timeout touch tr true uname uniq wc xargs'

/**
 * A machine in a temporary folder: programs of its own PATH, a device of a BMC that is an empty file, and an agent that
 * runs tasks against an endpoint. The machine is made at that endpoint, and deleted at the scope's end.
 */
export async function startTaskMachine(scope: TestScope, options: TaskMachineOptions): Promise<TaskMachine> {
  const root = tempFolder(scope)
  const [bin, temp] = [join(root, 'bin'), join(root, 'tmp')]
  for (const folder of [bin, temp, join(root, 'dev'), join(root, 'sys'), join(root, 'etc')]) mkdirSync(folder)
  for (const name of [...basics.split(' '), ...(options.realPrograms ?? [])]) linkProgram(bin, name)
  const device = join(root, 'dev/ipmi0')
  if (options.device ?? true) writeFileSync(device, '')
  writeFileSync(join(root, 'sys/sys_vendor'), `${options.vendor ?? 'Powerbus'}\n`)

  const ask = endpointRequests(scope, options.endpoint)
  const api = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await ask(method, path, body)
    if (status >= 400) throw new Error(`${method} ${path} was answered with ${status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const made = await api('POST', 'machines', { Name: options.name ?? 'task-machine', Params: options.params ?? {} })
  const uuid: string = made.Uuid
  scope.teardown(() => ask('DELETE', `machines/${uuid}`))

  const programs = await programCalls(scope)
  const put: TaskMachine['put'] = (program, does, options) =>
    programs.put(isAbsolute(program) ? join(root, program) : join(bin, program), program, does, options)
  put('drpcli', drpcli(ask))
  put('modprobe', () => undefined)
  const executedFiles: ExecutedFile[] = []
  const tool = options.ipmitool
  if (typeof tool === 'function') {
    put('ipmitool', (call) => {
      if (call.args[0] === 'exec') executedFiles.push(executedFile(call.args[1] ?? ''))
      return tool(call)
    })
  } else if (tool) put('ipmitool', forwardIpmitool(tool, executedFiles))
  for (const [program, does] of Object.entries(options.programs ?? {})) put(program, does)

  const { templates = {}, tasks = {}, params: definitions } = options.content.sections
  const texts = new Map([
    ...standInTemplates,
    ...Object.entries(templates).map(([id, member]) => [id, String(Object(member).Contents)] as const),
  ])
  const defaults = Object.fromEntries(
    Object.values(definitions).flatMap(({ Name, Schema }) =>
      Object.hasOwn(Object(Schema), 'default') ? [[Name, Object(Schema).default]] : [],
    ),
  )

  const runTask: TaskMachine['runTask'] = async (name, { env = {}, stage = '' } = {}) => {
    const task = Object(tasks[name]) as { readonly Templates?: readonly TaskTemplate[] }
    if (!task.Templates) throw new Error(`the content has no task ${name}`)
    const before = { calls: programs.calls.length, left: new Set(readdirSync(temp)) }
    const folder = mkdtempSync(join(root, 'task-'))
    const path = `${bin}`
    const values = await api('GET', `machines/${uuid}/params?aggregate=true&decode=true`)
    const { url, token } = options.endpoint
    const data = machineData({
      uuid,
      name: made.Name,
      stage,
      params: values,
      defaults,
      apiUrl: url,
      provisionerUrl: url,
      token,
    })
    let log = ''
    try {
      if (options.helper ?? true) writeFileSync(join(folder, 'helper'), helper)
      for (const [at, template] of task.Templates.entries()) {
        const all = new Map([...texts, ['', template.Contents ?? '']])
        const text = renderTemplate(all, template.Contents ? '' : (template.ID ?? ''), data)
        if (template.Path) {
          if (isAbsolute(template.Path)) throw new Error(`${name} would write ${template.Path}`)
          writeFileSync(join(folder, template.Path), text, { mode: 0o644 })
          continue
        }
        const script = join(folder, `script-${at}`)
        writeFileSync(script, text)
        chmodSync(script, 0o700)
        const ended = await runProgram('/bin/bash', ['-c', 'exec "$0" 2>&1', script], {
          cwd: folder,
          timeoutMs: 60_000,
          env: {
            ...cleared(),
            PATH: path,
            HOME: root,
            TMPDIR: temp,
            RS_UUID: uuid,
            RS_ENDPOINT: url,
            RS_TOKEN: token,
            RS_TASK_DIR: folder,
            RS_RUNNER_DIR: root,
            IPMI_DEVICES: device,
            IPMI_SYS_VENDOR: join(root, 'sys/sys_vendor'),
            IPMI_OS_RELEASE: join(root, 'etc/os-release'),
            IPMI_RACADM: join(root, 'racadm'),
            IPMI_HPONCFG: join(root, 'hponcfg'),
            IPMI_ONECLI: join(root, 'OneCli'),
            IPMI_PAUSE: 'true',
            ...env,
          },
        })
        log += ended.stdout
        if (ended.code !== 0) return result(ended.code)
      }
      return result(0)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    function result(code: number | null): TaskRun {
      const left = readdirSync(temp).filter((file) => !before.left.has(file))
      return { code, log, calls: programs.calls.slice(before.calls), left }
    }
  }
  return {
    uuid,
    root,
    calls: programs.calls,
    executedFiles,
    runTask,
    argsOf: (program) => programs.calls.filter((call) => call.program === program).map(({ args }) => args),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    show: () => api('GET', `machines/${uuid}`),
    params: () => api('GET', `machines/${uuid}/params?decode=true`),
    async setParams(params) {
      for (const [name, value] of Object.entries(params)) await api('POST', `machines/${uuid}/params/${name}`, value)
    },
    async removeParam(name) {
      await api('DELETE', `machines/${uuid}/params/${name}`)
    },
    put,
  }
}

interface TaskTemplate {
  readonly ID?: string
  readonly Contents?: string
  readonly Path?: string
}

/** Nothing of the test's own environment reaches a task. */
function cleared(): Record<string, undefined> {
  return Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))
}

function linkProgram(bin: string, name: string): void {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const found = folders.map((folder) => join(folder, name)).find(isProgram)
  if (found === undefined) throw new Error(`this machine has no program ${name}`)
  symlinkSync(found, join(bin, name))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
