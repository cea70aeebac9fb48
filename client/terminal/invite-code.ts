/** The code of an invite that came as a link (`https://node/join#hi_…`) or as the code itself. */
export const inviteCode = (invite: string): string => invite.trim().split('#').at(-1)?.split('&')[0] ?? ''
