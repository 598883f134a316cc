declare const POWERBUS_VERSION: string

/** The version that the bundler put in; run from source there is none. */
export const version = typeof POWERBUS_VERSION === 'string' ? POWERBUS_VERSION : 'v0.0.0'
