import { FieldReader } from './field-reader.ts'

/** DRP's Error object (plugin contract §3). `Code` is the HTTP status. */
export interface DrpError {
  readonly Model: string
  readonly Key: string
  readonly Type: string
  readonly Messages: readonly string[]
  readonly Code: number
  /** Powerbus only: the error code of docs/errors.md, such as `TARGET_BUSY`. */
  readonly Reason?: string
}

/** @throws DecodeError */
export function decodeDrpError(value: unknown): DrpError {
  const read = new FieldReader(value, 'Error')
  const reason = read.string('Reason', '')
  return {
    Model: read.string('Model', ''),
    Key: read.string('Key', ''),
    Type: read.string('Type', ''),
    Messages: read.strings('Messages'),
    Code: read.integer('Code', 0),
    ...(reason !== '' && { Reason: reason }),
  }
}

/** An Error object of a plugin; without messages it means success. */
export function pluginError(plugin: string, code: number, messages: readonly string[] = []): DrpError {
  return { Model: 'plugin', Key: plugin, Type: 'rpc', Messages: messages, Code: code }
}

/** `TYPE: MODEL/KEY: MESSAGE`. Several messages go on one line each, indented by two spaces. */
export function drpErrorText(error: DrpError): string {
  const head = `${error.Type}: ${error.Model}/${error.Key}`
  if (error.Messages.length === 0) return head
  if (error.Messages.length === 1) return `${head}: ${error.Messages[0]}`
  return [`${head}:`, ...error.Messages.map((message) => `  ${message}`)].join('\n')
}
