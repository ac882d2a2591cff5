"""From a DataFrame to a box and its answers, in one process: python pack_dataframe.py"""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import boxship

rng = np.random.default_rng(0)
flats = pd.DataFrame(
    {
        "area": rng.normal(70, 25, 3000).clip(15, 300).round(1),
        "rooms": rng.integers(1, 7, 3000),
        "district": rng.choice(["north", "south", "harbour"], 3000),
    }
)
rent = 12 * flats["area"] + 80 * flats["rooms"] + 250 * (flats["district"] == "harbour")
rent = rent + rng.normal(0, 40, len(flats))

train_x, test_x, train_y, test_y = train_test_split(flats, rent, random_state=0)
encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["district"]), remainder="passthrough")
model = make_pipeline(encode, HistGradientBoostingRegressor(max_iter=50, random_state=0))
model.fit(train_x, train_y)

packed = boxship.pack(
    model,
    train_x,
    train_y.to_numpy(),
    name="rent",
    units={"area": "m2"},
    policies={"district.unseen_category": "reject"},
    metrics={"r2": round(model.score(test_x, test_y), 4)},
    seeds={"random_state": 0},
    say=print,
)
print(packed.name, packed.version, packed.digest)

for answer in boxship.call(
    "rent",
    [
        {"area": 62.0, "rooms": 2, "district": "harbour"},
        {"area": 6200.0, "rooms": 2, "district": "harbour"},
        {"area": 62.0, "rooms": 2, "district": "moon"},
    ],
):
    print(answer)
