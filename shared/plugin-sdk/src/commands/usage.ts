import type { Plugin } from '../plugin.ts'
import { serveUsage } from '../serve/serve-flags.ts'

export const commandNames = ['define', 'unpack', 'listen', 'serve', 'version', 'autocomplete'] as const

export function usage(plugin: Plugin): string {
  return `${plugin.title}: ${plugin.description}

usage: ${plugin.name} COMMAND [--debug]

  define              print the provider manifest as JSON
  unpack DIR          write the plugin's extra files below DIR
  listen TO FROM      serve the endpoint on the UNIX socket TO, and speak to it on FROM
  serve [FLAGS]       run with no endpoint, on the bus (NATS_URL) and on HTTP
  version             print the version
  autocomplete FILE   write completion for bash

  -d, --debug         log more
  -h, --help          print this
${serveUsage}`
}
