// V8's tiers: the flags that end compilation there, and V8's own function that tells whether a function is there.

export const tiers = {
  optimised: { flags: [], reached: "%ActiveTierIsTurbofan" },
  maglev: { flags: ["--maglev", "--no-turbofan"], reached: "%ActiveTierIsMaglev" },
  baseline: { flags: ["--always-sparkplug", "--no-maglev", "--no-turbofan"], reached: "%ActiveTierIsSparkplug" },
  interpreter: { flags: ["--no-sparkplug", "--no-maglev", "--no-turbofan"], reached: "%ActiveTierIsIgnition" },
};
