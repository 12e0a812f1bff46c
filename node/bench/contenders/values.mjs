// Arguments that all contenders share.

export const bytes = Uint8Array.from({ length: 256 }, (_, index) => index + 1);
export const text = "sixteen letters!";
export const doubles = [1.5, 2.5];
export const bigints = [5n, 7n];
export const large = [3_000_000_000, 3_000_000_002];
export const points = [{ x: 1, y: 2 }, { x: 3, y: 4 }];
export const pointsInBytes = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
export const increment = (number) => number + 1;
