/** True when `address` (an IP literal; IPv4-mapped IPv6 counts as IPv4) lies in the ranges the matcher was made from. */
export type AddressMatcher = (address: string) => boolean
