/** First data byte of requests and responses of the DCMI commands, under NetFn 2Ch. DCMI v1.5 §6. */
export const DCMI_GROUP = 0xdc
