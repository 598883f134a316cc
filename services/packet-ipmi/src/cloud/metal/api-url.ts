import { PowerbusError } from '@powerbus/plugin-sdk'

/**
 * The base address in packet/api-url, without a trailing slash. Throws PARAM_MISSING without a value, since the public
 * service ended on 2026-06-30 and there is no default; PARAM_INVALID for any other text than a plain HTTP(S) URL.
 */
export function apiUrl(text: string | undefined): string {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '')
    throw new PowerbusError(
      'PARAM_MISSING',
      'Param packet/api-url is missing: give the base address of a private deployment of the Metal API, such as https://metal.example.com/metal/v1. There is no default, because the public service ended on 2026-06-30',
    )
  if (!URL.canParse(trimmed)) throw invalid('is not a URL: give one such as https://metal.example.com/metal/v1')
  const url = new URL(trimmed)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw invalid('must begin with https:// or http://')
  if (url.username !== '' || url.password !== '') throw invalid('must not hold credentials: set packet/api-key')
  if (url.search !== '' || url.hash !== '') throw invalid('must have neither a query nor a fragment')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function invalid(problem: string): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `Param packet/api-url ${problem}`)
}
