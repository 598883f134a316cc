import type { Plugin } from '../plugin.ts'

export const commandNames = ['define', 'unpack', 'listen', 'version', 'autocomplete'] as const

export function usage(plugin: Plugin): string {
  return `${plugin.title}: ${plugin.description}

usage: ${plugin.name} COMMAND [--debug]

  define              print the provider manifest as JSON
  unpack DIR          write the plugin's extra files below DIR
  listen TO FROM      serve the endpoint on the UNIX socket TO, and speak to it on FROM
  version             print the version
  autocomplete FILE   write completion for bash

  -d, --debug         log more
  -h, --help          print this
`
}
