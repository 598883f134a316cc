import { Secret } from '../secret.ts'

/** Shorter secrets are not looked for: replacing single letters everywhere would only show which they are. */
const LEAST_LENGTH = 4

/**
 * A function that hides the values of these secrets in text: for messages of foreign code, which knows nothing of `Secret`
 * and may repeat what it was given.
 */
export function scrubber(values: Readonly<Record<string, unknown>>): (text: string) => string {
  const secrets = Object.values(values).filter((value): value is Secret => value instanceof Secret)
  const hidden = secrets.map((secret) => secret.reveal()).filter((text) => text.length >= LEAST_LENGTH)
  const forms = [...new Set(hidden.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))]
  return (text) => forms.reduce((result, form) => result.replaceAll(form, '[secret]'), text)
}
