import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContentBundle } from '@powerbus/drp'
import type { IpmiToolTarget } from '../ipmi-tools.ts'
import { runProgram } from '../run-program.ts'
import type { TestScope } from '../test-scope.ts'
import { drpcli } from './drpcli.ts'
import { type ApiAccess, endpointRequests } from './endpoint-requests.ts'
import { type ExecutedFile, executedFile, forwardIpmitool } from './forward-ipmitool.ts'
import { type MachineRootOptions, makeMachineRoot } from './machine-root.ts'
import { type ProgramCall, programCalls, type StandIn } from './program-calls.ts'
import { renderableContent } from './renderable-content.ts'
import { helper } from './stand-in-templates.ts'

export interface TaskMachineOptions extends MachineRootOptions {
  readonly endpoint: ApiAccess
  /** Bundle with the tasks, templates and params; setup.tmpl is there too. */
  readonly content: ContentBundle
  readonly name?: string
  readonly params?: Readonly<Record<string, unknown>>
  /** The machine's BMC: one on the network, or a function that answers as ipmitool. Default: there is no ipmitool. */
  readonly ipmitool?: IpmiToolTarget | StandIn
  /** Further programs of the test by name, or by an absolute path below the machine's root. */
  readonly programs?: Readonly<Record<string, StandIn>>
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

/**
 * A machine in a temporary folder: programs of its own PATH, a device of a BMC that is an empty file, and an agent that
 * runs tasks against an endpoint. The machine is made at that endpoint, and deleted at the scope's end.
 */
export async function startTaskMachine(scope: TestScope, options: TaskMachineOptions): Promise<TaskMachine> {
  const { root, temp, environment, programPath } = makeMachineRoot(scope, options)
  const content = renderableContent(options.content)
  const ask = endpointRequests(scope, options.endpoint)
  const api = async (method: string, path: string, body?: unknown) => {
    const { status, text } = await ask(method, path, body)
    if (status >= 400) throw new Error(`${method} ${path} was answered with ${status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const { name = 'task-machine' } = options
  const { Uuid: uuid }: { readonly Uuid: string } = await api('POST', 'machines', {
    Name: name,
    Params: options.params ?? {},
  })
  scope.teardown(() => ask('DELETE', `machines/${uuid}`))

  const programs = await programCalls(scope)
  const put: TaskMachine['put'] = (program, does, more) => programs.put(programPath(program), program, does, more)
  const executedFiles: ExecutedFile[] = []
  put('drpcli', drpcli(ask))
  put('modprobe', () => undefined)
  if (options.ipmitool) put('ipmitool', toolOf(options.ipmitool, executedFiles))
  for (const [program, does] of Object.entries(options.programs ?? {})) put(program, does)

  const { url, token } = options.endpoint
  const render = async (task: string, stage: string) => {
    const values = await api('GET', `machines/${uuid}/params?aggregate=true&decode=true`)
    return content.task(task, { uuid, name, stage, params: values, apiUrl: url, provisionerUrl: url, token })
  }
  const runScript = (folder: string, script: string, env: Readonly<Record<string, string>>) =>
    runProgram('/bin/bash', ['-c', 'exec "$0" 2>&1', script], {
      cwd: folder,
      timeoutMs: 60_000,
      env: {
        ...environment,
        RS_UUID: uuid,
        RS_ENDPOINT: url,
        RS_TOKEN: token,
        RS_TASK_DIR: folder,
        ...env,
      },
    })
  return {
    uuid,
    root,
    calls: programs.calls,
    executedFiles,
    async runTask(task, { env = {}, stage = '' } = {}) {
      const before = { calls: programs.calls.length, left: new Set(readdirSync(temp)) }
      const folder = mkdtempSync(join(root, 'task-'))
      const ended = (code: number | null, log: string): TaskRun => {
        const left = readdirSync(temp).filter((file) => !before.left.has(file))
        return { code, log, calls: programs.calls.slice(before.calls), left }
      }
      let log = ''
      try {
        if (options.helper ?? true) writeFileSync(join(folder, 'helper'), helper)
        for (const [at, { path, text }] of (await render(task, stage)).entries()) {
          const file = join(folder, path || `script-${at}`)
          writeFileSync(file, text, { mode: path ? 0o644 : 0o700 })
          if (path) continue
          const { code, stdout } = await runScript(folder, file, env)
          log += stdout
          if (code !== 0) return ended(code, log)
        }
        return ended(0, log)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
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

/** ipmitool by a function, or by a BMC on the network; the files that it is given are noted. */
function toolOf(tool: IpmiToolTarget | StandIn, files: ExecutedFile[]): StandIn {
  if (typeof tool !== 'function') return forwardIpmitool(tool, files)
  return (call) => {
    if (call.args[0] === 'exec') files.push(executedFile(call.args[1] ?? ''))
    return tool(call)
  }
}
