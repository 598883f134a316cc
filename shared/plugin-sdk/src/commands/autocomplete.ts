import { writeFile } from 'node:fs/promises'
import type { Plugin } from '../plugin.ts'
import { commandNames } from './usage.ts'

/** Writes a completion file for bash. Rejects unless `args` is one file name. */
export async function autocomplete(plugin: Plugin, args: readonly string[]): Promise<void> {
  const [file] = args
  if (!file || args.length !== 1) throw new Error('autocomplete needs one argument: the file to write')
  await writeFile(file, script(plugin.name))
}

function script(name: string): string {
  const words = [...commandNames, '--debug', '--help'].join(' ')
  const shellName = `_complete_${name.replace(/[^A-Za-z0-9]/g, '_')}`
  return `# bash completion for ${name}
${shellName}() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -F ${shellName} ${JSON.stringify(name)}
`
}
