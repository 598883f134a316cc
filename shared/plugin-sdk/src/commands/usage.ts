import type { Plugin } from '../plugin.ts'
import { serveUsage } from '../serve/serve-flags.ts'

export const commandNames = ['define', 'unpack', 'listen', 'serve', 'version', 'autocomplete'] as const

/** The help text of a plugin's executable. */
export function usage(plugin: Plugin): string {
  return `${plugin.title}: ${plugin.description}

usage: ${plugin.name} COMMAND [--debug]

  define              print the provider manifest as JSON
  unpack DIR          write the plugin's extra files below DIR
  listen TO FROM      answer the endpoint on the UNIX socket TO, and send it requests on FROM
  serve [FLAGS]       run without an endpoint's launch: on the bus (NATS_URL) and on HTTP
  version             print the version
  autocomplete FILE   write completion for bash

  -d, --debug         log more
  -h, --help          print this text
${serveUsage}`
}
