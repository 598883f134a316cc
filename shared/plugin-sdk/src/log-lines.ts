/**
 * Header of an endpoint's answer to a log line: the most lines that it takes in one body, then as an array. An endpoint
 * that does not send it, such as Digital Rebar's, takes one line in a body.
 */
export const LOG_LINES_HEADER = 'x-powerbus-log-lines'
export const LOG_LINES_MAX = 100
