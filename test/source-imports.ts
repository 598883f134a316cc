import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build, type Plugin, transform } from 'esbuild'

export interface SourceImport {
  /** Path of the importing file, from the root of the repository. */
  readonly file: string
  /** What it imports, as written. */
  readonly name: string
}

const root = join(import.meta.dirname, '..')

/** Compilers drop imports of types alone; they cross between rooms like any other, so they are turned into plain ones first. */
function withTypeImports(text: string): string {
  return text.replace(/^(import|export) type (?=[{*]|\w+ from )/gm, '$1 ')
}

/** Every import, export-from, dynamic import and require of the files, found by esbuild's parser. Paths from the root. */
export async function importsOf(files: readonly string[]): Promise<SourceImport[]> {
  const found: SourceImport[] = []
  const collect: Plugin = {
    name: 'collect',
    setup(builder) {
      builder.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return undefined
        found.push({ file: relative(root, importer), name: path })
        return { path, external: true }
      })
      builder.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path }) => {
        const contents = withTypeImports(readFileSync(path, 'utf8'))
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' }
      })
    },
  }
  await build({
    absWorkingDir: root,
    entryPoints: files.map((file) => join(root, file)),
    outdir: join(root, 'dist/never-written'),
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [collect],
  })
  return found
}

/** The file's code without comments, types, and the words inside texts that are plain literals. */
export async function codeOf(file: string): Promise<string> {
  const text = readFileSync(join(root, file), 'utf8')
  const { code } = await transform(text, { loader: 'ts', minifyWhitespace: true, target: 'es2022' })
  return code.replace(/'[^'\n]*'|"[^"\n]*"/g, "''")
}
