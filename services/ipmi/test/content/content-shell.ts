import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FinishedProgram,
  machineData,
  renderTemplate,
  runProgram,
  type TestScope,
  tempFolder,
} from '@powerbus/testkit'
import { ipmiContent } from './ipmi-content.ts'

/** Contents of the bundle's templates by ID. */
export const templates: ReadonlyMap<string, string> = new Map(
  Object.entries(ipmiContent.sections.templates ?? {}).map(([id, template]) => [id, String(Object(template).Contents)]),
)

export interface ShellRun {
  /** IDs of templates, rendered one after the other before the script. */
  readonly with: readonly string[]
  readonly script: string
  readonly params?: Readonly<Record<string, unknown>>
  /** Files of the folder that the script runs in. */
  readonly files?: Readonly<Record<string, string>>
  /** Programs that come first on the PATH, as shell text. */
  readonly programs?: Readonly<Record<string, string>>
  /** Lines on stdin. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs templates and a script of the test in one Bash, with errexit and pipefail as the agent's helper has them. */
export function runShell(scope: TestScope, run: ShellRun): Promise<FinishedProgram> {
  const folder = tempFolder(scope)
  mkdirSync(join(folder, 'bin'))
  for (const [name, text] of Object.entries(run.files ?? {})) writeFileSync(join(folder, name), text)
  for (const [name, text] of Object.entries(run.programs ?? {}))
    writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`, { mode: 0o755 })
  const data = machineData({
    uuid: 'test-uuid',
    name: 'test',
    params: run.params ?? {},
    defaults: {},
    apiUrl: '',
    provisionerUrl: '',
    token: '',
  })
  const rendered = run.with.map((id) => renderTemplate(templates, id, data))
  const text = ['set -eo pipefail', 'shopt -s nullglob', ...rendered, run.script].join('\n')
  writeFileSync(join(folder, 'script'), text)
  return runProgram('/bin/bash', ['script'], {
    cwd: folder,
    input: run.input ?? '',
    env: {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      TMPDIR: folder,
      RS_UUID: 'test-uuid',
      IPMI_PAUSE: 'true',
      ...run.env,
    },
  })
}
