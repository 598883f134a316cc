import { join, resolve } from 'node:path'
import { runProgram } from '../run-program.ts'
import { tempFolder } from '../temp-folder.ts'
import type { TestScope } from '../test-scope.ts'
import type { RenderedMachine } from './machine-data.ts'

/** What became of one template for one machine. */
export type GoAnswer = { readonly text: string } | { readonly error: string }

/** Renders all templates for each machine; the answers are by the template's ID. */
export type GoRenderer = (
  templates: ReadonlyMap<string, string>,
  machines: readonly RenderedMachine[],
) => Promise<readonly Readonly<Record<string, GoAnswer>>[]>

const root = resolve(import.meta.dirname, '../../../..')

/**
 * Go's own text/template with sprig's functions, built once from shared/testkit/go (2 s of CPU, 0.5 s with a warm cache).
 * Debian's packages golang-go and golang-github-masterminds-sprig-dev have all that it needs; nothing is downloaded.
 */
export async function goRenderer(scope: TestScope): Promise<GoRenderer> {
  const program = join(tempFolder(scope), 'render-templates')
  const env = {
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: join(root, 'node_modules/.cache/powerbus/go'),
    GOFLAGS: undefined,
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
  }
  const source = join(root, 'shared/testkit/go/render-templates.go')
  const built = await runProgram('go', ['build', '-o', program, source], { env, timeoutMs: 120_000 })
  if (built.code !== 0) throw new Error(`render-templates.go cannot be built:\n${built.stderr}`)
  return async (templates, machines) => {
    const input = JSON.stringify({ templates: Object.fromEntries(templates), machines })
    const { code, stdout, stderr } = await runProgram(program, [], { input })
    if (code !== 0) throw new Error(`render-templates ended with ${code}:\n${stderr}`)
    return JSON.parse(stdout)
  }
}
