/** From least to most urgent. */
export const severities = ['info', 'good', 'warning', 'error', 'critical'] as const

export type Severity = (typeof severities)[number]

export const severityEmoji: Readonly<Record<Severity, string>> = {
  info: ':information_source:',
  good: ':white_check_mark:',
  warning: ':warning:',
  error: ':x:',
  critical: ':rotating_light:',
}

/** The more urgent of the two. */
export function worse(one: Severity, other: Severity): Severity {
  return severities.indexOf(one) >= severities.indexOf(other) ? one : other
}
