console.log("throws once");
throw new RangeError("thrown");
