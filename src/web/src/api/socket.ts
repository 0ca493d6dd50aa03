/** Opens a WebSocket of the API, by its path. */
export const openSocket = (path: string, protocol: string): WebSocket => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`, [protocol]);
