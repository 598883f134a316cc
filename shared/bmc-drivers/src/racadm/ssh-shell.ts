/** What firmware prints when it waits for a command, at the end of the output and in a line of its own. */
const prompt = /(?:^|[\r\n])(?:[\w.@:~-]*\$|\/admin\d*->|racadm>>)[ \t]*$/

/** Whether the shell waits for a command. */
export function atPrompt(shown: string): boolean {
  return prompt.test(shown)
}

/** The line that runs a racadm subcommand at this prompt: within `racadm>>` the subcommand alone. */
export function shellLine(shown: string, command: string): string {
  return /racadm>>[ \t]*$/.test(shown) ? command : `racadm ${command}`
}

/** What the command printed: without the echo of its line, and without the prompt after it. */
export function shellOutput(shown: string, line: string): string {
  const text = shown.replace(prompt, '')
  const echo = text.indexOf(line)
  const [before, after] = echo < 0 ? ['', text] : [text.slice(0, echo), text.slice(echo + line.length)]
  // An echo stands first; the same words later are output.
  return before.trim() === '' ? after : text
}
