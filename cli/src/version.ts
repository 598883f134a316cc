declare const POWERBUS_VERSION: string

/** The version that the bundler sets; v0.0.0 when run from source. */
export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'
