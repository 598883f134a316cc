/** Set by the bundler from the repository's package.json. */
declare const POWERBUS_VERSION: string

export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'
