/** Name of the profile that applies to every object. */
export const GLOBAL_PROFILE = 'global'
