import type { ServerChannel } from 'ssh2'

/** What a command of an emulated console prints, and the code it ends with. */
export interface ShellAnswer {
  readonly code: number
  readonly output: string
}

export interface LineShell {
  readonly banner: string
  readonly prompt: string
  /** Words that end it. */
  readonly leave: readonly string[]
  run(line: string): ShellAnswer | Promise<ShellAnswer>
}

/** An interactive shell as a terminal shows it: echoes what is typed, and has a prompt after each command. */
export function serveShell(channel: ServerChannel, { banner, prompt, leave, run }: LineShell): void {
  let typed = ''
  let working: Promise<void> = Promise.resolve()
  const show = (text: string) => channel.write(text.replace(/\r?\n/g, '\r\n'))
  show(`${banner}${prompt}`)
  const enter = async (line: string): Promise<void> => {
    if (leave.includes(line.trim())) {
      channel.exit(0)
      channel.end()
      return
    }
    const { output } = line.trim() === '' ? { output: '' } : await run(line.trim())
    show(`${output}${output === '' || output.endsWith('\n') ? '' : '\n'}${prompt}`)
  }
  channel.setEncoding('utf8')
  channel.on('data', (text: string) => {
    // Return and newline together are one.
    for (const character of text.replaceAll('\r\n', '\r')) {
      if (character !== '\r' && character !== '\n') {
        typed += character
        show(character)
        continue
      }
      const line = typed
      typed = ''
      show('\n')
      working = working
        .then(() => enter(line))
        .catch(() => {
          channel.destroy()
        })
    }
  })
}
